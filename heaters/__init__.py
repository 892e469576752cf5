"""Heaters as a library: everything that can be imported. It knows no Lambda, no Chalice and no CDK."""
