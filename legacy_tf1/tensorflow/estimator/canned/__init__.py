"""Estimators that bring their model."""
