//! What the page and the worker of traces say to each other. The worker itself is the binary beside this library.

mod protocol;

pub use protocol::{
    Command, FromTrace, Go, Input, Jump, Made, PinCard, Screen, TableName, TableQuery, Tip, ToTrace, Whose,
};
