"""Entry points of the stages that read and write video."""
