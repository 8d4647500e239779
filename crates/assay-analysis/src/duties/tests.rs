//! Cases in, duties out; and the linter of the rule file.
