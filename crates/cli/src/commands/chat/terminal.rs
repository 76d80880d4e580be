//! The conversation at the terminal, or with whatever writes lines to standard input.

use std::io::{BufRead, IsTerminal, Write};

use super::Conversation;
use crate::error::CliError;
use crate::output::{complain, note};

/// Read lines and answer each, until the end of the input.
pub(super) fn run(conversation: &mut Conversation<'_>) -> Result<(), CliError> {
    let mut input = std::io::stdin().lock();
    let for_people = input.is_terminal();
    if for_people {
        note("/clear begins anew, /exit ends; Ctrl-C stops an answer");
    }
    loop {
        if for_people {
            let mut stderr = std::io::stderr();
            // Without a prompt sign the conversation goes on all the same.
            let _ = write!(stderr, "> ").and_then(|()| stderr.flush());
        }
        let mut line = Vec::new();
        if input
            .read_until(b'\n', &mut line)
            .map_err(CliError::Stdin)?
            == 0
        {
            return Ok(());
        }
        // A terminal may send anything; what is no UTF-8 is shown as such to the model.
        let line = String::from_utf8_lossy(&line);
        match line.trim() {
            "" => {}
            "/exit" | "/quit" => return Ok(()),
            "/clear" => conversation.clear(),
            text => match conversation.say(text) {
                Ok(_) => {}
                Err(error @ (CliError::BrokenPipe | CliError::Stdout(_))) => return Err(error),
                // A person can go on: with a shorter message, or from the beginning.
                Err(error) if for_people => {
                    complain(&format!("{error} (or begin anew with /clear)"))
                }
                Err(error) => return Err(error),
            },
        }
    }
}
