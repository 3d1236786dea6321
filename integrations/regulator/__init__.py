"""The regulator (调控办): its applicant list and audit results, as CSV or .xlsx files."""
