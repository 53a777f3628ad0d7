"""What a touch says: Liquid, Markdown and e-mail HTML, proved before and made safe while it is said."""
