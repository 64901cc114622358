"""First steps with real accounts: propose a config, check it, register webhooks. No pass needs any of it."""
