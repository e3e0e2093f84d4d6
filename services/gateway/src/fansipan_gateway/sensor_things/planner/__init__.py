"""From trees to SQL: constants of ours with numbers of bound values, never a text from outside."""
