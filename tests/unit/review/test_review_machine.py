"""Several reviewers, waves that claim in between, and any sequence of actions: what must hold at every moment."""

import copy

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from heaters.domain.review.plans import Action
from heaters.domain.review.replay import find_differences, replay
from heaters.domain.states import ClipState
from heaters.domain.transitions import FAILED_CLIP_STATES
from tests.profile import scaled
from tests.unit.review.review_world import World, is_settled, plan_anything

FRAMES = st.integers(0, 39)
REVIEWERS = st.sampled_from(["ann", "ben", "cleo"])


class Reviewing(RuleBasedStateMachine):
    """A video of 40 frames under review."""

    @initialize(cuts=st.sets(st.integers(1, 39), max_size=6))
    def open_video(self, cuts: set[int]) -> None:
        self.world = World(frame_count=40, cuts=cuts)
        self.first = self.world.picture()
        self.settled: dict[str, object] = {}
        self.claimed = False

    @rule(action=st.sampled_from(Action), frame=FRAMES, to_frame=FRAMES, reviewer=REVIEWERS)
    def act(self, action: Action, frame: int, to_frame: int, reviewer: str) -> None:
        plan = plan_anything(self.world, action, frame, to_frame, reviewer)
        if plan is None:
            return
        self._forget_retried(action, plan.clip_ids)
        if action is Action.DETECT:
            self._nothing_reviewed_is_cut_anew(plan.clip_ids)
        before = copy.deepcopy(self.world)
        event_id = self.world.act(plan, reviewer)
        if plan.undoable:
            self._undo_and_redo_are_inverse(before, event_id, reviewer)

    @rule(reviewer=REVIEWERS)
    def undo(self, reviewer: str) -> None:
        before = self.world.picture()
        if self.world.undo(reviewer) is not None:
            undone = self.world.picture()
            again = copy.deepcopy(self.world)
            assert again.redo(reviewer) is not None
            assert again.picture() == before
            again.undo(reviewer)
            assert again.picture() == undone

    @rule(reviewer=REVIEWERS)
    def redo(self, reviewer: str) -> None:
        self.world.redo(reviewer)

    @rule()
    def claim_wave(self) -> None:
        self.claimed = bool(self.world.claim_wave()) or self.claimed
        self._remember_settled()

    @rule(pick=st.integers(0, 99))
    def fail_a_clip(self, pick: int) -> None:
        exporting = [c for c in self.world.live if c.condition.state is ClipState.EXPORTING]
        if exporting:
            self.world.fail(exporting[pick % len(exporting)].clip_id)
            self._remember_settled()

    @precondition(lambda self: not self.claimed)
    @rule()
    def undo_everything(self) -> None:
        """With nothing claimed yet, everybody's undos together lead back to the first state."""
        world = copy.deepcopy(self.world)
        while any(world.undo(reviewer) is not None for reviewer in ("ann", "ben", "cleo")):
            world.check()
        assert world.picture() == self.first

    @invariant()
    def live_clips_partition_the_video(self) -> None:
        if hasattr(self, "world"):
            self.world.check()

    @invariant()
    def nothing_that_a_wave_claimed_is_ever_changed(self) -> None:
        for clip_id, record in getattr(self, "settled", {}).items():
            assert self.world.clips[clip_id] == record

    @invariant()
    def every_clip_is_explained_by_its_event(self) -> None:
        """No decision disappears: a clip that is not as proposed names the standing event that made it so."""
        for clip in self.world.live if hasattr(self, "world") else []:
            if clip.event_id is None:
                assert clip.condition.state is ClipState.PENDING_REVIEW
            else:
                logged = self.world.log[clip.event_id]
                (change,) = [c for c in logged.plan.changes if c.clip_id == clip.clip_id]
                assert logged.undone_by is None
                assert is_settled(clip) or clip.condition == change.after

    @invariant()
    def the_log_alone_leads_to_what_there_is(self) -> None:
        if hasattr(self, "world"):
            world, events = self.world, self.world.events()
            replayed = replay("v", world.proposed(), events)
            kept, cuts = list(world.clips.values()), tuple(world.cuts)
            assert find_differences(replayed, kept=kept, cuts=cuts, events=events, frame_count=40) == []

    def _undo_and_redo_are_inverse(self, before: World, event_id: int, reviewer: str) -> None:
        after = self.world.picture()
        trial = copy.deepcopy(self.world)
        assert trial.undo(reviewer) == event_id
        assert trial.picture() == before.picture()
        assert trial.cuts == before.cuts
        assert trial.redo(reviewer) == event_id
        assert trial.picture() == after

    def _nothing_reviewed_is_cut_anew(self, clip_ids: tuple[str, ...]) -> None:
        for clip in (self.world.clips[clip_id] for clip_id in clip_ids if clip_id in self.world.clips):
            assert clip.condition.state is ClipState.PENDING_REVIEW
            assert not self.world.is_cut_by_hand(clip)

    def _remember_settled(self) -> None:
        self.settled = {clip.clip_id: clip for clip in self.world.clips.values() if is_settled(clip)}

    def _forget_retried(self, action: Action, clip_ids: tuple[str, ...]) -> None:
        """A retry is the one way back from a failure."""
        if action is Action.RETRY:
            for clip_id in clip_ids:
                assert self.world.clips[clip_id].condition.state in FAILED_CLIP_STATES
                self.settled.pop(clip_id)


Reviewing.TestCase.settings = settings(max_examples=scaled(1200), stateful_step_count=30)
TestReviewing = Reviewing.TestCase
