"""The parts of the API: models at its edge, blueprints with its routes, and what carries a request between them."""
