#pragma once
// How an engine lets requests into its steps and tokens out of them, and what that adds to the first token.
// Knows no model, no network and no step's time.

namespace teapot {

struct Admission {
  /// Steps that are scheduled while one runs (asynchronous, overlapped scheduling): who comes meanwhile joins the next.
  int steps_ahead = 0;
  /// A scheduler that decodes looks for new requests every so many steps; after a step with prompts, at once.
  int poll_steps = 1;
  /// Steps that prompts wait for more of them, while others decode and a step is not full (batch waiting).
  int wait_steps = 0;
  /// Tokens that are sent at a time: a user sees the first when so many are there, or all.
  int stream_tokens = 1;
};

/// Decode steps from the coming of a request to its prompt's step, and from there until its first token is seen. In a
/// closed loop a request comes when another has ended, so the step after that one runs; then those that are scheduled
/// ahead; half of the steps between two polls; the steps it waits for other prompts; and those of the tokens that are
/// sent with the first.
inline double steps_to_first_token(const Admission& admission) {
  return 1.0 + admission.steps_ahead + (admission.poll_steps - 1) / 2.0 + admission.wait_steps +
         (admission.stream_tokens - 1);
}

/// Mean seconds to the first token of a closed loop before which nothing queues but at its beginning, when all places
/// send their first of `each` requests at once and prompts are computed one after the other.
inline double first_token_s(const Admission& admission, double prompt_s, double step_s, double places, double each) {
  return prompt_s + steps_to_first_token(admission) * step_s + prompt_s * (places - 1) / 2 / each;
}

}  // namespace teapot
