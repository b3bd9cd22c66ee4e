"""Taking files, jobs and answers out of a host before it closes."""
