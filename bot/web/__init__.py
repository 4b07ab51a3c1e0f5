"""The pages that Lotse serves itself: its health, and the door through which Telegram comes in."""
