"""The cases of the State's own service that we agree with (services/agrement/README.md): one function each.

`CASES` is read by test_cases.py, which checks them, and by page.py, which writes docs/conformance.md from them.
"""
