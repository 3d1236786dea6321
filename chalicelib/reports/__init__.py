"""The month's workbook for finance, and the month in figures."""
