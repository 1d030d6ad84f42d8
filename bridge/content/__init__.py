"""What a server is filled with before any patient: concepts, drugs, programs and the like. Pure."""
