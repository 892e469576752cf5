-- What the proxy pass measures beside scene scores: facts of each frame, and how loud the sound is.

ALTER TYPE artifact_kind ADD VALUE 'facts' AFTER 'scores';
ALTER TYPE artifact_kind ADD VALUE 'sound' AFTER 'facts';
