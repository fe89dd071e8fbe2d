"""The live page: what a person may see of the desk, moving, and a ticket for those who may trade."""
