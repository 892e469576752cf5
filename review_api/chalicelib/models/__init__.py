"""What the API accepts and answers, as pydantic models: the one place where input from people is checked.

The OpenAPI document, and from it the site's types, are generated from these models.
"""
