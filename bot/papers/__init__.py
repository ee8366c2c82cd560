"""Papers: what is printed or sent as PDF. Each file makes one paper's data; `typeset` sets it by its template."""
