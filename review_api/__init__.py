"""The review API: a Chalice project. Routes only; the rules are in heaters."""
