"""What tests and benchmarks are built from: real servers, real receivers, test data.

Product code never imports this package. It ships with the rest all the same, because
`kap bench` runs against the same private servers that the tests use.
"""
