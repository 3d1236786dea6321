"""Who may take part: the regulator's list, qualification, activation by SMS code, and the sessions that follow."""
