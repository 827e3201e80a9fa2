"""What each kind of unit does all day; one kind a file."""
