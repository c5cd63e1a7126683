"""What must happen outside a transaction: mail is sent, webhooks are posted."""
