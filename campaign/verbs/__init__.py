"""What each verb of the `perrin` command does; imported when the verb is called."""
