//! Counts words, most frequent first: `words [FILE]...`, standard input without files. A program of the general path: Rust
//! with its whole standard library, nothing of AetherChain in it.
use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::process::ExitCode;

fn text(names: &[String]) -> Result<String, String> {
    let mut text = String::new();
    if names.is_empty() {
        io::stdin().read_to_string(&mut text).map_err(|error| error.to_string())?;
    }
    for name in names {
        text += &std::fs::read_to_string(name).map_err(|error| format!("{name}: {error}"))?;
        text.push('\n');
    }
    Ok(text)
}

fn main() -> ExitCode {
    let names: Vec<String> = std::env::args().skip(1).collect();
    let text = match text(&names) {
        Ok(text) => text,
        Err(why) => {
            eprintln!("words: {why}");
            return ExitCode::FAILURE;
        }
    };
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for word in text.split_whitespace() {
        *counts.entry(word).or_default() += 1;
    }
    let mut sorted: Vec<_> = counts.into_iter().collect();
    sorted.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let mut output = io::BufWriter::new(io::stdout().lock());
    for (word, count) in sorted {
        if writeln!(output, "{count:7} {word}").is_err() {
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
