"""What every door of the API does alike: validators, repeats of a request, how much is left, when to come again."""
