"""What people and their organisations do, one verb a function."""
