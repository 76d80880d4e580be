//! Requests in OpenAI's shapes, answered by the zoo's models.

mod answers;
mod forms;
mod free_text;
mod requests;
