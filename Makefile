# Two commands matter: `make demo` and `make test`. Both install what is missing.
# Debian packages: build-essential (a C compiler for SQLite and ring). Rust 1.95 or newer comes from rustup.
.PHONY: demo test lint accuracy packages

packages:
	@command -v cc >/dev/null || (apt-get update -qq && apt-get install -y -qq build-essential)

demo: packages
	cargo run --release --locked -p assay -- demo --dir target/demo

test: packages
	cargo fmt --all --check
	cargo test --workspace --locked

lint: packages
	cargo clippy --workspace --all-targets --locked -- -D warnings

accuracy: packages
	cargo xtask accuracy
