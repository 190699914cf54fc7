"""What several metrics share: estimators of information, classifiers, and the points that they are given."""
