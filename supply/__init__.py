"""What the product is made of: known vulnerabilities of its parts, a bill of materials, secrets left in files."""
