//! The page's entry.

fn main() {
    splitvote_web::start();
}
