"""The pages of one's account, and of the ways into it."""
