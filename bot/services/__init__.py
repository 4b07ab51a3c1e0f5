"""One use case per public function, without Telegram and without SQL."""
