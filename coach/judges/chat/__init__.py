"""Instruct models as judges: in this process (gguf) and hosted (litellm)."""
