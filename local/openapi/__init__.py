"""The API's own document: what each door takes and answers, put together by `make api-docs` (docs/decisions/0054)."""
