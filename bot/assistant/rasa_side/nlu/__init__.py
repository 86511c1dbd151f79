"""Understanding: acts, sub labels and the words that say something about the problem. Linear models on the CPU."""
