"""What several metrics are made of: estimators of information, classifiers, and the points that they see."""
