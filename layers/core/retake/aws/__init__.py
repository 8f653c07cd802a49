"""The only code that calls AWS, and the one place where its errors are translated."""
