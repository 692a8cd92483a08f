# The tests as a user runs them.
counted 'npm test' timeout -k 10 600 npm test
