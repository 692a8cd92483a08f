module sluice/e2e/lab/openkruise

go 1.24.0

require github.com/openkruise/rollouts v0.6.2
