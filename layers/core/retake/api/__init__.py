"""The job API: what each route does, and above it, in `routes`, how it is said in HTTP."""
