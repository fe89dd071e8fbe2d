"""The database backend of the embedded desk."""
