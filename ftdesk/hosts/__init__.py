"""Who trains and serves: connections, capability profiles, and the client of the OpenAI protocol."""
