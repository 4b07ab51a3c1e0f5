"""The conversation, without Telegram: a Turn comes in, a Reply goes out."""
