"""What makes `fit` fast, observable, resumable and distributed."""
