"""The read tables: one file a table, with its row type, the pure function that gives its rows, and `TABLE`.

Beside them stand the modules that several tables need: `read_table` (what a table is), `columns`, `subject_facts` (what
rows are made from), `stays`, `pathway_spans`, `hours_ledger`, `agrement_file`, `exited_recruitments`, `periods`,
`belonging`, `stated_fields`. The list of the tables is `services/projections/read_tables.py`.
"""
