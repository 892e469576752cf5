"""The local cloud: the synthesized template, run on this machine. Nothing here is ever deployed."""
