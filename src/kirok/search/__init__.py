"""The language of `filter_string`, `order_by` and `page_token`: parsed, printed, and asked of records in memory."""
