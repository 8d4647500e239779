# Two commands matter: `make demo` and `make test`. Both install what is missing.
# Debian packages: build-essential (a C compiler for SQLite and ring); tesseract-ocr, tesseract-ocr-eng and tesseract-ocr-osd (text in
# pictures). Rust 1.95 or newer comes from rustup. Without tesseract everything works but for pictures, which are counted as unread.
.PHONY: demo test lint accuracy packages ocr

# Only root installs. Where it cannot be had, pictures stay unread and the report says so.
ocr:
	@command -v tesseract >/dev/null || { command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ] \
		&& { apt-get install -y -qq tesseract-ocr tesseract-ocr-eng tesseract-ocr-osd >/dev/null 2>&1 \
		|| { apt-get update -qq && apt-get install -y -qq tesseract-ocr tesseract-ocr-eng tesseract-ocr-osd; } >/dev/null; } ; } \
		|| echo "tesseract is not installed: text in pictures will not be read (as root: apt-get install tesseract-ocr tesseract-ocr-eng)"

packages:
	@command -v cc >/dev/null || (apt-get update -qq && apt-get install -y -qq build-essential)

demo: packages ocr
	cargo run --release --locked -p assay -- demo --dir target/demo

test: packages ocr
	cargo fmt --all --check
	cargo test --workspace --locked

lint: packages
	cargo clippy --workspace --all-targets --locked -- -D warnings

accuracy: packages ocr
	cargo xtask accuracy
